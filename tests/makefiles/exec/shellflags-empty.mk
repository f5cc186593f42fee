SHELL = /bin/echo
.SHELLFLAGS =
all: ; @a b; c
