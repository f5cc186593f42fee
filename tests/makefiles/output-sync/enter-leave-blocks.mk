#: args: -j2 -Otarget -w
all: a b
a: ; @echo a; echo a again
b: a ; @echo b
