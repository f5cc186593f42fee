#: args: -k all other
#: status: 2
all: a b ; @echo never
a: c ; @echo never
c: ; exit 1
b: ; @echo b
other: ; @echo other
