#: file: x.c
%.o: %.c
x.o:
