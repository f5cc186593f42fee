A = 1
B = 2
C = 3
export A B
all: ; @echo "$$A $$B [$$C]"
