#: needs: ar
#: file: a.o a
#: file: b.o b
#: run: lib.a
#: run: show
lib.a: a.o b.o ; @ar rcU $@ $^
show: lib.a(*.o) ; @echo '$^'
