#: file: x.a
%.b: %.a ; @echo old
%.b: %.a ; @echo new
x.b:
