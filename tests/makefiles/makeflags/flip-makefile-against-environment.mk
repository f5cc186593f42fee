#: env: MAKEFLAGS=S
#: status: 2
MAKEFLAGS += -k
$(info [$(MAKEFLAGS)])
all: a b
a: ; @false
b: ; @echo b
