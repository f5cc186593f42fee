#: args: -o b a
#: file: a
#: file: b
#: file: c
a: b ; @echo never
b: c d ; @echo never
d: ; @echo never
