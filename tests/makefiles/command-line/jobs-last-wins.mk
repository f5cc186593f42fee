#: args: -j3 --jobs=1
all: ; @echo '[$(MAKEFLAGS)]'
