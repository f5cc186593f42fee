#: env: MAKEFLAGS=k other
all: ; @echo all '[$(MAKEFLAGS)]'
other: ; @echo other
