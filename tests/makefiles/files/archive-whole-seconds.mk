#: needs: ar
#: file: a.o a
#: mtime: a.o 20.5
#: run:
#: run:
all: lib.a(a.o) ; @echo all
(%): % ; @echo 'add $%'; ar -rcU $@ $<
.DEFAULT_GOAL = all
