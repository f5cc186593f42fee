#: args: A=c B=c C=c
override export A = f
export override B = f
override unexport C := f
private D = p
override private export E = e
all: ; @echo "$$A $$B [$$C] $(C) $(D) $$E"
