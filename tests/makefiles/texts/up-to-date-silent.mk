#: args: -s x y
#: file: x
x: ; @echo never
y:
