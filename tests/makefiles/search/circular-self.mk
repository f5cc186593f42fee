a: a b ; @echo '$^'
b: ;
