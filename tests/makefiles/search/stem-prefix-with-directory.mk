#: file: lib/src.x
lib%: lib/src%.x ; @echo never
s%.o: t%.x ; @echo '$@ $< $*'
d/ab.o: ;
d/sab.o:
d/tab.x: ;
.DEFAULT_GOAL = d/sab.o
