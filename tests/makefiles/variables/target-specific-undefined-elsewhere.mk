a: V = 1
a: b
a: ; @echo $(origin V)
b: ; @echo $(origin V)
c: ; @echo $(origin V)
all: c a
.DEFAULT_GOAL = all
