all: ; @$(MAKE) sub
sub: ; @echo sub
