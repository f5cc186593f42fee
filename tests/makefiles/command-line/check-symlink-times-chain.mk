#: args: -L
#: file: real x
#: mtime: real 5
#: file: t x
#: link: one two
#: link: two real
#: mtime: one 6
#: mtime: two 60
t: one ; @echo $@ from $^ newer $?
