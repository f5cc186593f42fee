#: args: -j4
all: a
a: | o ; @echo a
o: ; @sleep 0.1; echo o
