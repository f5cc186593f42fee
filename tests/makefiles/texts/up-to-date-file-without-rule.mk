#: args: x
#: file: x
all: ;
