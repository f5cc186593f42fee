#: file: a.z
%:: %.z ; @echo '$@ from $<'
a:
