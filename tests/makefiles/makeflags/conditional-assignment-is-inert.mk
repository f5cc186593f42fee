MAKEFLAGS ?= -k
all: ; @echo '[$(MAKEFLAGS)]'
