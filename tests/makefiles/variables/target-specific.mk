V = g
a: V = a
a: ; @echo $(V)
b: ; @echo $(V)
all: a b
.DEFAULT_GOAL = all
