MAKEFLAGS = ks
$(info [$(MAKEFLAGS)])
all: ; echo '[$(MAKEFLAGS)]'
