#: status: 2
%.out: %.a ; @echo from a
all: x.out
unused: x.a
