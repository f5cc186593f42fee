#: makefile: -
#: args: x
#: status: 2
