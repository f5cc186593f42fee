#: args: --trace
#: file: c
#: file: b
#: file: a
#: file: d
all: a x p
a: b d ; @echo a
x: a ; @touch x
p: ; @:
.PHONY: p all
