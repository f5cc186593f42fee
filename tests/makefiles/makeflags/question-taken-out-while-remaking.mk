#: args: -q
#: status: 1
all: ; @:
include x.mk
x.mk: ; @echo '[$(MAKEFLAGS)]'; touch $@
