#: args: -r
#: status: 2
#: file: a.c int
all: a.o
