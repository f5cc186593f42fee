.PHONY: Makefile
Makefile: ; @echo never
all: ; @echo all
