#: status: 2
	echo hi
all: ;
