#: status: 2
all: ;
foo bar
