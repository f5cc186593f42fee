#: args: -n x
#: file: x.o
#: file: y.o
#: file: libz.a
x: y.o libz.a
