#: run: a b
#: run: b a
a: V = a
b: V = b
a b: c ; @echo $@
c: ; @echo c has $(V)
