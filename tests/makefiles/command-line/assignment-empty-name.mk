#: args: =x
#: status: 2
all: ; @echo hi
