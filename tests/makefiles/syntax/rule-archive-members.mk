#: needs: ar
#: file: a.o a
#: file: b.o b
all: lib.a(a.o b.o) ; @echo '$^'
(%): % ; @echo 'add $% to $@ from $<'; ar -rcU $@ $<
