.SUFFIXES: .one .two
.one.two: dep ; @echo '$@ from $<'
all: ;
