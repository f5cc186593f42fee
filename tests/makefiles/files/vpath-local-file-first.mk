#: file: b.in
#: file: src/b.in
VPATH = src
a: b.in ; @echo $<
