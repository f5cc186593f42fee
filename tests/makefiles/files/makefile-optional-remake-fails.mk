-include x.mk
all: ; @echo ok
x.mk: ; @echo trying; exit 3
