#: args: -r
.EXTRA_PREREQS = $(info extra)z $(eval .EXTRA_PREREQS = u)
a: b l.h ; @echo $@ $^
b z u: ; @echo $@ $^
%.h: ; @echo $@ $^
