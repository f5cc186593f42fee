.SECONDEXPANSION:
all: a b
a: $$(info a considered) ; @echo a
b: $$(info b considered) ; @echo b
