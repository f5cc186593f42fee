all: a .WAIT b ; @echo '$^ $+'
a b: ; @echo $@
