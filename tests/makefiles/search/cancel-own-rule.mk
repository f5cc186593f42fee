#: file: x.a
%.b: %.a ; @echo never
%.b: %.a
x.b:
