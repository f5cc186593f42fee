#: file: o
#: mtime: o 100000
#: file: a
a: | o ; @echo remade
b: a | o ; @echo '$^ | $|'
all: a b
.DEFAULT_GOAL = all
