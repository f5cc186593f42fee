#: args: -k A=1
all: ; @echo '[$(value MAKEFLAGS)] $(flavor MAKEFLAGS) $(origin MAKEFLAGS)'
