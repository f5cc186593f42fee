#: status: 2
%.x %.y: ; touch $*.x $*.y
a.y: ; @echo own
all: a.x a.y
.DEFAULT_GOAL = all
