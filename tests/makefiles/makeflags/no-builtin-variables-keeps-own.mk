CC = mine
MAKEFLAGS += -R
all: ; @echo '[$(CC)] [$(AR)]'
