#: needs: dash
#: status: 2
SHELL = /bin/sh
.SHELLFLAGS = -e -u -c
all: ; @echo one; echo "$$NOPE"; echo two
