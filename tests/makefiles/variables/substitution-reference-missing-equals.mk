S = a.c
all: ; @echo '[$(S:.c)]'
