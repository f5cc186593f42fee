#: args: -n x.o CFLAGS=-O2 CPPFLAGS=-DX TARGET_ARCH=-m64
#: file: x.c
