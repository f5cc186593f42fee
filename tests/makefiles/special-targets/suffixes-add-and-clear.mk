#: file: a.one
.SUFFIXES:
.SUFFIXES: .one .two
.one.two: ; @echo '$@ from $<'
a.two:
