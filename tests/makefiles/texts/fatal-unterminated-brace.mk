#: status: 2
X := ${a
all: ;
