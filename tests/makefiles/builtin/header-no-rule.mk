#: args: x.h
#: status: 2
