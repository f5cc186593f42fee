#: needs: ar
#: file: a.o a
lib.a: lib.a(a.o) ; @echo '$@ $? $^'
