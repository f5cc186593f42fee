#: file: src/b
#: file: src/b.in
VPATH = src
GPATH = src
a: b ; @echo 'a from $<'
b: b.in ; @echo '$@ from $<'
