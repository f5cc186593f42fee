#: run:
#: status: 2
all: ; @:
x = a$(if b${subst ,)
$(info $x)
