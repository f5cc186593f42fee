export V = g
all: a b
a: unexport V = a
a: ; @echo "[$$V]" $(V)
b: ; @echo "[$$V]"
