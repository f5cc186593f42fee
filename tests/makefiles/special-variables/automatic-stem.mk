#: file: d/x.in
%.out: %.in ; @echo '$* $(*D) $(*F)'
all: d/x.out
.DEFAULT_GOAL = all
