%.x %.yy: ; touch $*.x $*.yy
a.yy: ; @echo own
all: a.x a.yy ; @:
.DEFAULT_GOAL = all
