#: args: x.o CC=false
#: status: 2
#: file: x.c
