export B-A=1
export B.A=2
all: ; @printenv B-A B.A
