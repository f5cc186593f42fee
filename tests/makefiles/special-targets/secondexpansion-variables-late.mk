.SECONDEXPANSION:
a: $$(V) ; @echo '$^'
V = b c
b c: ; @echo $@
