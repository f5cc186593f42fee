#: makefile: -
#: status: 2
