X != printf 'a\n\n'
all: ; @echo '[$(X)]'
