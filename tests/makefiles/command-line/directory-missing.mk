#: args: -C nowhere
#: status: 2
all: ; @:
