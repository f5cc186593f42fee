#: run: a.x
#: do: rm a.y
#: run: a.y
#: run: a.x
%.x %.y: ; touch $*.x $*.y
