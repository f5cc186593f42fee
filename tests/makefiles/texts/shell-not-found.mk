#: status: 2
SHELL = /nowhere/sh
all: ; echo a
