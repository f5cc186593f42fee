#: status: 2
a b &: c
all: ;
