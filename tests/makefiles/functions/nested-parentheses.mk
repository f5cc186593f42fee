#: status: 2
all: ; @echo '$(subst (,[,f(a,b)) $(subst a,(x),a) ${subst {,(,{}}'
