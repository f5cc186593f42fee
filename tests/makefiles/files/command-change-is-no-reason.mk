#: run: X=1 a
#: run: X=2 a
a: ; echo $(X) >$@
