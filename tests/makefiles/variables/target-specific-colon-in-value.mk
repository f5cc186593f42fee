a: V = x:y=z
a: ; @echo '[$(V)]'
