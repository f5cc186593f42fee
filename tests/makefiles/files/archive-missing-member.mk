#: needs: ar
#: status: 2
all: lib.a(nope.o)
