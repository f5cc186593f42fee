#: args: -f sub
#: status: 2
#: file: sub/
#: makefile: -
