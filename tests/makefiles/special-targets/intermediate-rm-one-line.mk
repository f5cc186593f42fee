#: file: a.w
%.x: %.w ; cp $< $@
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
a.z:
