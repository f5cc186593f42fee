#: args: -t -s x
x: ; @echo never
