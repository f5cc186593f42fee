#: status: 2
all: a
