# A list that the makefile has made longer keeps the built-in suffixes although -r is set while reading.
MAKEFLAGS += -r
all: q.o x.ib y.c
q.o x.ib y.c: ; @echo '$@ [$*]'
.SUFFIXES: .ib
