X != echo '$$(Y)'
Y = why
all: ; @echo '[$(X)] $(value X)'
