#: args: -t
#: status: 2
#: needs: ar
#: file: a.o a
all: lib.a(a.o)
