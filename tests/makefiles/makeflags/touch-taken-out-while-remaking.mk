#: args: -t
all: ; @echo never
include x.mk
x.mk: ; @echo '[$(MAKEFLAGS)]'; echo 'X = 1' >$@
