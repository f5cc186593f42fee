#: run: a b
#: run: b a
%.z: V = $@
a: V = a
b: V = b
a b: c
c: ; @echo '$(V)'
