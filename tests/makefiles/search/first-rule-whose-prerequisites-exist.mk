#: file: x.b
%.out: %.a ; @echo a
%.out: %.b ; @echo b
x.out:
