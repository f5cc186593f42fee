#: args: -b -m all
all: ; @echo hi
