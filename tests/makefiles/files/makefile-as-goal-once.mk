#: args: x.mk
include x.mk
x.mk: ; @echo remade; touch x.mk
