#: args: A= B
A = 1
B: ; @echo '[$(A)] $(origin A)'
