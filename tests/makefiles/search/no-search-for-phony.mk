#: file: x.c
.PHONY: x.o
x.o:
all: x.o
