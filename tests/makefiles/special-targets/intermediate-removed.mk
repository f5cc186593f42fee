#: file: a.x
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
a.z:
