V = g
all: a b
a: export V = a
a: ; @echo "$$V"
b: ; @echo "[$$V]"
