#: file: a.x
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
.PRECIOUS: %.y
a.z:
