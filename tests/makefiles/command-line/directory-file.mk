#: args: -C file
#: status: 2
#: file: file x
#: makefile: -
