-include x.mk
all: ; @echo ok
x.mk: nope ; @echo never
