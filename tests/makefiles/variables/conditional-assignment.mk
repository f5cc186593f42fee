A =
B := set
A ?= new
B ?= new
C ?= $(D)
D = late
all: ; @echo '[$(A)] [$(B)] [$(C)] $(flavor C)'
