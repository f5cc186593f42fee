include x.mk
all: ; @echo ok
x.mk: ;
