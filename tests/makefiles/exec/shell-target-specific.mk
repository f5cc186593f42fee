a: SHELL = /bin/echo
a: ; @one; two
b: ; @echo b;
all: a b
.DEFAULT_GOAL = all
