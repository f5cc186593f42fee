#: args: -Rsf- all
#: stdin: all: ; echo from stdin
#: makefile: -
