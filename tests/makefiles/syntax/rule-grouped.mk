x y &: in ; @echo '$@: $<'; touch x y
in: ;
all: y x
.DEFAULT_GOAL = all
