#: args: -n --warn-undefined-variables x.o
#: file: x.c
all:
