#: file: x.a.a.a
%: %.a ; @echo '$@ from $<'
x:
