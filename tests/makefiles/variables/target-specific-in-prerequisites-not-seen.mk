V = g
a: V = t
a: pre-$(V) ; @echo $^
pre-%: ; @echo $@
