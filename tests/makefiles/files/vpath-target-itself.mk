#: file: src/a.in
#: file: src/a
VPATH = src
a: a.in ; @echo '$@ from $<'
