#: file: b
#: file: a
#: mtime: b 50.000000001
#: mtime: a 50
a: b ; @echo remade
