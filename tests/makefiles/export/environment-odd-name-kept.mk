#: env: B-A=1
B-A = 2
all: ; @printenv B-A
