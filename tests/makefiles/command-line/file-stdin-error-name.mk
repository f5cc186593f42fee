#: args: -f -
#: status: 2
#: stdin: all:\nfoo
#: makefile: -
