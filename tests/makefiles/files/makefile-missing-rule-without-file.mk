include x.mk
all: ; @echo ok
x.mk: ; @echo nothing made
