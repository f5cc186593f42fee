#: args: -f nowhere
#: status: 2
#: makefile: -
