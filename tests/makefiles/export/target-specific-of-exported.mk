export V = g
a: V = t
a: b ; @echo "$$V"
b: ; @echo "$$V"
c: ; @echo "$$V"
all: a c
.DEFAULT_GOAL = all
