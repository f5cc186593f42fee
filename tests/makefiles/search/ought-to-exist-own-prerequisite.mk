#: file: x.b
%.out: %.a ; @echo from a
%.out: %.b ; @echo from b
x.out: x.a
x.a: ;
