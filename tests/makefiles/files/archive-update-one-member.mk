#: needs: ar
#: file: a.o a
#: file: b.o b
#: run:
#: status: 2
#: run:
#: status: 2
#: do: echo new >b.o
#: run:
#: status: 2
#: do: touch b.o -d @4000000000
all: lib.a(a.o) lib.a(b.o)
(%): % ; ar -rcU $@ $<
%.o: ;
