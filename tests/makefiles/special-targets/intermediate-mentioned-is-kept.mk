#: file: a.x
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
a.z:
other: a.y
