a: ; @echo a
.DEFAULT_GOAL :=
b: ; @echo b
c: ; @echo c
