#: args: -q all
#: file: all
include x.mk
x.mk: ; @echo remade; touch x.mk
all: ; @:
