-include nope1.mk
sinclude nope2.mk
all: ; @echo ok
