%.x: V = p
a.x: V = t
a.x: ; @echo $(V)
