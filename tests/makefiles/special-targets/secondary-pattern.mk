#: file: a.x
.SECONDARY: %.y
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
a.z:
