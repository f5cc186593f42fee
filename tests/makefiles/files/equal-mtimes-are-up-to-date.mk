#: file: b
#: file: a
#: mtime: b 50.5
#: mtime: a 50.5
a: b ; @echo remade
