#: file: a
a: FORCE ; @echo remade
FORCE: ;
