#: args: -n x LDFLAGS=-L. LDLIBS=-lm LOADLIBES=-lz
#: file: x.o
