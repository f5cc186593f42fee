private P = g
all: a ; @echo '[$(P)]'
a: private Q = q
a: b ; @echo '[$(P)] [$(Q)]'
b: ; @echo '[$(P)] [$(Q)]'
