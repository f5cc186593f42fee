#: needs: cc
#: file: x.c int f(void) { return 1; }
#: run: x.o
#: run: x.o
#: do: touch x.c
#: run: x.o
