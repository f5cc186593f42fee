#: needs: ar
#: file: a.o a
#: file: b.o b
#: run:
#: run:
#: do: echo new >b.o
#: run:
all: lib.a(a.o) lib.a(b.o)
(%): % ; ar -rcU $@ $<
.DEFAULT_GOAL = all
