#: args: -o x -W y -f Makefile
all: ; @echo '[$(MAKEFLAGS)]'
