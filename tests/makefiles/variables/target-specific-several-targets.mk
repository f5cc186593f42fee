a b: V = $@
a b: ; @echo $(V)
all: a b
.DEFAULT_GOAL = all
