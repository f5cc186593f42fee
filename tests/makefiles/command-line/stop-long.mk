#: args: --keep-going --no-keep-going a b
#: status: 2
a: ; @false
b: ; @echo never
