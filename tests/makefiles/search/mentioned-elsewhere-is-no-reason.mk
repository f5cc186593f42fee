#: file: x.b
%.out: %.a ; @echo from a
%.out: %.b ; @echo from b
other: x.a
x.out:
.DEFAULT_GOAL = x.out
