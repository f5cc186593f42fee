#: file: src/a.in
VPATH = other:src
a.out: a.in ; @echo '$@ from $< $^'
