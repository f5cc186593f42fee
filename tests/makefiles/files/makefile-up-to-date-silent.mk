Makefile: ; @echo never
all: ; @echo all
