#: file: x.a
%.b: %.a ; @echo '$@ from $<'
all: x.b x.a
.DEFAULT_GOAL = all
