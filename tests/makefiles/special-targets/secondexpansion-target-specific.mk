.SECONDEXPANSION:
a b: V = $@.dep
a b: $$(V) ; @echo '$@: $^'
%.dep: ; @echo $@
all: a b
.DEFAULT_GOAL = all
