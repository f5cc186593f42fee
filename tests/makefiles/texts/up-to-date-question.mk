#: args: -q x y
#: file: x
x: ; @echo never
y:
