#: file: d/x
#: file: a
#: mtime: d 100000
a: d ; @echo a
b: | d ; @echo b
all: a b
.DEFAULT_GOAL = all
