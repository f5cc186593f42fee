#: file: d/
#: args: -C d -C nowhere
#: status: 2
all: ; @:
