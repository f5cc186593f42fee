X = a
X +=
Y +=
all: ; @echo '[$(X)] [$(Y)] $(flavor Y)'
