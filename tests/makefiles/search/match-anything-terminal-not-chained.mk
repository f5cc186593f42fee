#: status: 2
%:: %.z ; @echo "$@ from $<"
%.z: %.yy ; @echo "$@ from $<"
a.yy: ;
.DEFAULT_GOAL = a
