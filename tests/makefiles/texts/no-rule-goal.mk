#: args: nope
#: status: 2
all: ;
