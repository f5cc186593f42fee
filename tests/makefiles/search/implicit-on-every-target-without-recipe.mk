#: file: x.a
%.b: %.a ; @echo '$@'
x.b: q
q: ; @echo q
