#: file: x.a
%.d: %.c ; @echo '$@ from $<'
%.c: %.b ; @echo '$@ from $<'
%.b: %.a ; @echo '$@ from $<'
x.d:
