#: args: A=1 B=1 C=1
override export A = 2
export override B = 2
unexport override C = 2
all: ; @echo "$$A $$B [$${C-unset}] $(C)"
