all: ; @echo '[$(MAKEFLAGS)] [$(firstword -$(MAKEFLAGS))] [$(value MAKEFLAGS)]'
