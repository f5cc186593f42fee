#: status: 2
	a
all: ;
