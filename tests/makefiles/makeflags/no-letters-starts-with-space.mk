#: args: -Iinc
all: ; @echo '[$(MAKEFLAGS)] [$(firstword -$(MAKEFLAGS))]'
