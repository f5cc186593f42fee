#: args: -k --stop a b
#: status: 2
a: ; @false
b: ; @echo never
