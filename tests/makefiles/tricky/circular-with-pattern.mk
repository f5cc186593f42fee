%.a: %.b ; @echo '$@'
x.b: x.a ; @echo '$@'
all: x.a
.DEFAULT_GOAL = all
