#: needs: ar
#: file: a.o a
#: file: b.o b
lib.a(a.o): a.o ; @echo 'own $%'; ar -rcU $@ $<
(%.o): %.o ; @echo 'pattern $* $%'; ar -rcU $@ $<
all: lib.a(a.o) lib.a(b.o)
.DEFAULT_GOAL = all
