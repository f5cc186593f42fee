X = x
export A = $(X)1
export B := $(X)2
export C ?= 3
export D != echo 4
export E += 5
export F :::= $$(X)
X = y
all: ; @echo "$$A $$B $$C $$D $$E $$F"
