X = a \

Y = b
all: ; @echo '[$(X)] $(Y)'
