#: file: x.d x.o: x.c gone.h
#: file: x.c
#: file: x.o
#: status: 2
all: x.o ; @echo all
x.o: ; @echo never
include x.d
