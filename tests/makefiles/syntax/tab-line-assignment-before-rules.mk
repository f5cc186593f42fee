	X = 1
all: ; @echo $(X)
