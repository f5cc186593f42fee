#: file: a.x
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
.NOTINTERMEDIATE:
a.z:
