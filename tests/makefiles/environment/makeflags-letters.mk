#: env: MAKEFLAGS=ks
#: status: 2
all: ; echo '[$(MAKEFLAGS)]'
	false
x: ; @echo x
#
