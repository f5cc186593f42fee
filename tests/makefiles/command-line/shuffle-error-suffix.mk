#: args: --shuffle=reverse
#: status: 2
all: a b
a: ; @echo a
b: ; @exit 3
