export V = global
%.x: unexport V = pattern
a.x: export V = target
all: a.x b.x
a.x b.x: ; @echo "[$$V]" $(V)
