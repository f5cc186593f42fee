#: file: b
#: file: a
#: mtime: a 3000000000
a: b ; @echo a
c: a ; @echo c
all: a c
.DEFAULT_GOAL = all
