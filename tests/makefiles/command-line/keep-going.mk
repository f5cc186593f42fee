#: args: -k
#: status: 2
all: a b c
	@echo never
a: ; @exit 1
b: ; @echo b
c: a ; @echo never
