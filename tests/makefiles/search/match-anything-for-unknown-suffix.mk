#: file: a.q.z
%: %.z ; @echo '$@ from $<'
a.q:
