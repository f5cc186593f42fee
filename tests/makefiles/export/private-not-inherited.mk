all: private export V = p
all: a ; @echo "[$$V]"
a: ; @echo "[$$V]"
