#: file: a.c.z
%: %.z ; @echo '$@ from $<'
a.c:
