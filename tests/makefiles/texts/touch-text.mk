#: args: -t x y z
#: file: y
x: ; @echo never
y: x ; @echo never
z: y
