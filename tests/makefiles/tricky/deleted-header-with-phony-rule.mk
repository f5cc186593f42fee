#: file: x.d x.o: x.c gone.h\ngone.h:
#: file: x.c
#: file: x.o
all: x.o ; @echo all
x.o: ; @echo 'rebuild for $?'
include x.d
