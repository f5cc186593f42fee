all: MAKEFLAGS += -s
all: ; echo '[$(MAKEFLAGS)]'
