#: args: --jobserver-style=junk -j2
#: status: 2
all: ; @:
