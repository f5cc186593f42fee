#: file: b
#: file: a
#: file: c
a:: b ; @echo one
a:: c ; @echo two
a:: ; @echo three
