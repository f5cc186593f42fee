#: args: -k
#: status: 2
all: a b
b: ; @echo b
