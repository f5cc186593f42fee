A = 1
export
unexport
export B = 2
all: ; @echo "[$$A] $$B"
