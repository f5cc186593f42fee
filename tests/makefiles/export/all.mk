A = 1
B_2 = 2
export
c-d = 3
unexport A
all:
	@echo "[$$A] $$B_2"
	-@printenv c-d
