all: a .WAIT b | .WAIT c ; @echo '$^ | $+ | $? | $|'
a b c: ;
