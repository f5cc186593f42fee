MAKEFLAGS += -Oline
all: ; @echo '[$(MAKEFLAGS)]'
