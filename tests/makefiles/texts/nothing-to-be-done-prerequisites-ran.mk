#: args: all
all: a
a: ; @echo a
