A = 1
export B = 2
all: ; @echo '$(shell echo "[$$A] $$B")'
