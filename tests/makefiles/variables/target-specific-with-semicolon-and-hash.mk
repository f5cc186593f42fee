a: V = x;y # c
a: ; @echo '[$(V)]'
