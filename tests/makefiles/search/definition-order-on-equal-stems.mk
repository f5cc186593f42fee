#: file: x.a
#: file: x.b
%.out: %.b ; @echo b
%.out: %.a ; @echo a
x.out:
