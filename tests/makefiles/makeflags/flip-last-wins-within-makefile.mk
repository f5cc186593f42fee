#: status: 2
MAKEFLAGS += -k
MAKEFLAGS += -S
$(info [$(MAKEFLAGS)])
all: a b
a: ; @false
b: ; @echo b
