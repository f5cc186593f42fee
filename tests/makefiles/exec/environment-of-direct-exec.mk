export V = 1
all: ; @printenv V
