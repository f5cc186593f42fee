MAKEFLAGS += -R
$(info [$(CC)] [$(MAKEFLAGS)])
all: ; @echo '[$(CC)]'
