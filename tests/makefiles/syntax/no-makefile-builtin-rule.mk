#: makefile: -
#: args: -n x
#: file: x.c int
