A = 1
B := 2
N = B
undefine A
undefine $(N)
all: ; @echo '[$(A)] $(origin A) $(flavor B)'
