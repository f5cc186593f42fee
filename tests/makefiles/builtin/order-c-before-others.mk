#: args: -n x.o
#: file: x.p
#: file: x.c
#: file: x.s
