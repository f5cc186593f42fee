#: run: -S
#: status: 2
#: run: -k
#: status: 2
MAKEFLAGS += -k
$(info [$(MAKEFLAGS)])
all: a b
a: ; @false
b: ; @echo b
