#: file: x.in
#: file: x.b
#: mtime: x.in 1000
%.a %.b: %.in ; touch $*.a
all: x.a x.b
.DEFAULT_GOAL = all
