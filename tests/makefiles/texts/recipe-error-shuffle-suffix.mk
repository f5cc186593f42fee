#: args: --shuffle=1
#: status: 2
all: ; @exit 2
