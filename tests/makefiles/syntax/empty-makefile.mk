#: makefile: -
#: file: Makefile
#: status: 2
