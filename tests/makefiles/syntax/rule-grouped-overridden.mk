all: a b x
a b &: ; @echo one: $@
x b &: ; @echo two: $@
