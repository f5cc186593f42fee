#: status: 2
MAKEFLAGS += -k
all: a b
a: ; @false
b: ; @echo b
