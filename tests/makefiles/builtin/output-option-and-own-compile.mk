COMPILE.c = mycc $(CFLAGS) -c
x.o:
