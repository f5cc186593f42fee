A = 1
B = 2
LIST = A B
export $(LIST)
unexport $(filter B,$(LIST))
all: ; @echo "$$A [$$B]"
