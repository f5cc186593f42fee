#: file: src/b.in
#: file: src/b
#: file: a
#: mtime: a 1000
VPATH = src
a: b ; @echo 'a from $<'
b: b.in ; @echo 'b from $<'
