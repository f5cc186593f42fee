#: file: x.a
%.b: %.a ; @echo never
x.b: x.a ; @echo mine
