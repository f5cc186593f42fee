#: env: MAKEFLAGS=ks
#: args: -S --no-silent
#: status: 2
all: a b
a: ; @false
b: ; @echo b
$(info [$(MAKEFLAGS)])
