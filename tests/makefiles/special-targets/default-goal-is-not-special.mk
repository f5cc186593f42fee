.PHONY: all
.SUFFIXES: .x
all: ; @echo all
