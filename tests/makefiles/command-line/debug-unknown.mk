#: args: --debug=x
#: status: 2
all: ; @:
