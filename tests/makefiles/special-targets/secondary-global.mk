#: file: a.x
#: run: a.z
#: do: rm a.y
#: run: a.z
%.y: %.x ; cp $< $@
%.z: %.y ; cp $< $@
.SECONDARY:
