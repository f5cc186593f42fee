%.x: private V = p
a.x: b ; @echo [$(V)]
b: ; @echo [$(V)]
