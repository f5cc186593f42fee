a: b
b: c
c: a ; @echo c
