#: status: 2
a:: : b
all: ;
