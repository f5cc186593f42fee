#: run: --no-silent
#: run: -s
#: run:
MAKEFLAGS += -s
all: ; echo '[$(MAKEFLAGS)]'
