#: status: 2
%:: %.z ; @echo '$@ from $<'
%.z: %.y ; @echo '$@ from $<'
a.y: ;
.DEFAULT_GOAL = a
