#: args: -f a -f b
#: status: 2
#: file: b all: ;
#: makefile: -
