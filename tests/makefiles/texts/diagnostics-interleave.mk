#: merged
#: args: -k
#: status: 2
$(info reading)
$(warning reading)
all: a b
a: ; @echo a; exit 1
b: ; @echo b
	-@exit 2
