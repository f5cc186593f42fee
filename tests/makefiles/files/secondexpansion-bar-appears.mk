.SECONDEXPANSION:
V = x | y
a: $$(V) ; @echo '$^ | $|'
x y: ;
