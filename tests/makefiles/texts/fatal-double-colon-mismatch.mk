#: status: 2
a:: b ; @:
a: c ; @:
all: ;
