#: file: a.x
#: status: 2
%.y: %.x ; cp $< $@
%.z: %.y ; false
a.z:
