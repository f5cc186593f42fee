#: args: -j4 -l 0.00001
#: status: 2
# A failure ends the make: what was put off is forgotten, and there is nothing to wait for.
all: a b c
a: ; @sleep .3; false
b c: ; @echo $@
