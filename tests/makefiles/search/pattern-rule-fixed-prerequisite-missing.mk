#: file: x.a
%.b: %.a missing ; @echo never
x.b:
