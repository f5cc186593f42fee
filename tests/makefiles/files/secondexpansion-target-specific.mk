.SECONDEXPANSION:
a: V = x
a: $$(V).1 ; @echo '$^'
%.1: ;
