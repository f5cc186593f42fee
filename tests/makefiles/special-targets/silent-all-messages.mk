#: file: a.w
#: run: none
#: run: a.z
#: run: -t made
#: run: bad
.SILENT:
none: ;
%.z: %.y ; @touch $@
%.y: %.x ; touch $@
%.x: %.w ; touch $@
made: ; touch $@
bad: ; -exit 3
