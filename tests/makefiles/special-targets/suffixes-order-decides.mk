#: file: a.one
#: file: a.two
.SUFFIXES:
.SUFFIXES: .two .one .three
.one.three: ; @echo one
.two.three: ; @echo two
a.three:
