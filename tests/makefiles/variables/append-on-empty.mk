X =
X += a
Y :=
Y += b
Z = $(EMPTY)
Z += c
all: ; @echo '[$(X)] [$(Y)] [$(Z)]'
