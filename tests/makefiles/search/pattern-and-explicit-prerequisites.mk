#: file: x.a
#: file: h
%.b: %.a ; @echo '$^ $<'
x.b: h
