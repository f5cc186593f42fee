.a/b: ; @echo '$@'
c: ; @echo c
