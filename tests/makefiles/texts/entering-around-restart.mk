#: args: -w
all: ; @echo all
include x.mk
x.mk: ; @echo remade; touch x.mk
