a b: %.x: %.y: %.z
all: ;
