#: args: -o b
a: b ; @echo a
b: ; @echo b
