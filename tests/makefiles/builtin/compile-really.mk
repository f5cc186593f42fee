#: needs: cc
#: file: x.c int main(void) { return 0; }
#: tree: x -x.o
all: x ; @./x && echo ran
