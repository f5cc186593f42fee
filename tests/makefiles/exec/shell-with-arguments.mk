SHELL = /bin/sh -x
all: ; @echo a
