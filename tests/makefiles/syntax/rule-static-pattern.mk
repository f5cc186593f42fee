#: file: a.c
#: file: b.c
a.o b.o: %.o: %.c common ; @echo '$@ $< $* $^'
common: ;
all: a.o b.o
.DEFAULT_GOAL = all
