#: file: a.c
.SUFFIXES:
a.o:
