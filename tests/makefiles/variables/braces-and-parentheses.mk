a = 1
b(c) = 2
d = $(subst {,[,{x})
all: ; @echo ${a} '$(b(c))' '${d}' '${subst (,<,(y}'
