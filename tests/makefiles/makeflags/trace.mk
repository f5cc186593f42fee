#: args: --trace
$(info [$(MAKEFLAGS)])
all: ; @:
