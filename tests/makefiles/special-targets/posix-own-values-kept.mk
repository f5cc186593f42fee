CC = mine
.POSIX:
all: ; @echo $(CC) $(CFLAGS)
