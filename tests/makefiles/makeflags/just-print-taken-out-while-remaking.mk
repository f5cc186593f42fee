#: args: -n
all: ; @echo '[$(MAKEFLAGS)]'
include x.mk
x.mk: ; @echo '[$(MAKEFLAGS)]' "$$MAKEFLAGS"; touch $@
