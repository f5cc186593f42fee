#: args: --shuffle=junk
#: status: 2
all: ; @:
