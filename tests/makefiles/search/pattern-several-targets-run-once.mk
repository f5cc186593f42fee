%.x %.y: %.in ; @echo 'make $*'; touch $*.x $*.y
a.in: ;
all: a.x a.y
.DEFAULT_GOAL = all
