G = a
.DEFAULT_GOAL = $(G)
b: ; @echo b
a: ; @echo a
G = b
