#: env: GNUMAKEFLAGS=-s
#: env: MAKEFLAGS=--no-silent
all: ; echo '[$(MAKEFLAGS)]'
