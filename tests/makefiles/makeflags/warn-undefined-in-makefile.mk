A := $(NOPE1)
MAKEFLAGS += --warn-undefined-variables
B := $(NOPE2)
all: ; @:
