A =    x
empty :=
B := $(empty)  y
all: ; @echo '[$(A)] [$(B)]'
