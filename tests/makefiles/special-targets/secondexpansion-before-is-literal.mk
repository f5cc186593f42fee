a: $$@.x ; @echo '$^'
.SECONDEXPANSION:
b: $$@.x ; @echo '$^'
%.x: ; @echo '$@'
all: b a
.DEFAULT_GOAL = all
