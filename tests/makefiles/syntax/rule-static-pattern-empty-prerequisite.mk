a b: %: ; @echo $@ $*
all: a b
.DEFAULT_GOAL = all
