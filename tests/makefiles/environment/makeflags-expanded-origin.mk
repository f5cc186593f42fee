#: env: MAKEFLAGS=$(info $(origin MAKEFLAGS) $(flavor MAKEFLAGS) $(value MAKEFLAGS) $(origin LC_ALL) $(origin SHELL) $(origin MAKELEVEL))
#: env: MAKELEVEL=2
all: ; @echo '[$(MAKEFLAGS)]'
