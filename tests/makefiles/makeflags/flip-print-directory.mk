#: run: -w
#: run: --no-print-directory
MAKEFLAGS += --no-print-directory
all: ; @echo '[$(MAKEFLAGS)]'
