%.o: export FLAGS = -O
all: a.o b
a.o b: ; @echo "[$$FLAGS]"
