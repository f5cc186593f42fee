#: args: -k -S a b
#: status: 2
a: ; @false
b: ; @echo never
