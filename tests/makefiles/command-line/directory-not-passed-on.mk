#: args: -C sub
#: file: sub/Makefile all: ; @echo '[$(MAKEFLAGS)]'
#: makefile: -
