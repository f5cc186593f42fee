#: file: a.x
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
.NOTINTERMEDIATE: %.y
a.z:
