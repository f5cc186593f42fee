MAKEFLAGS += --no-such-option -k
all: ; @echo '[$(MAKEFLAGS)]'
