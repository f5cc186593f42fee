%.x: V = $@
a.x: b ; @echo $(V)
b: ; @echo $(V)
