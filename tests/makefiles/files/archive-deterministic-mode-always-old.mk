#: needs: ar
#: file: a.o a
#: run:
#: run:
all: lib.a(a.o)
(%): % ; @echo 'add $%'; ar -rcD $@ $<
