#: args: -f - -f -
#: status: 2
#: stdin: all: ; @echo from stdin
#: makefile: -
