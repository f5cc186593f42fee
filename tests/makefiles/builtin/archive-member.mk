#: args: -n 'lib.a(x.o)'
#: file: x.c
