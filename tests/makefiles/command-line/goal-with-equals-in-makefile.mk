#: args: a:b
a\:b: ; @echo '$@'
