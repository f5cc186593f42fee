%.x %.y: %.in ; touch $*.x
a.in: ;
all: a.x a.y
.DEFAULT_GOAL = all
