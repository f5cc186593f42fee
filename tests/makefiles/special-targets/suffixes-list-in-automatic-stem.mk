.SUFFIXES: .foo
x.foo: ; @echo '$*'
