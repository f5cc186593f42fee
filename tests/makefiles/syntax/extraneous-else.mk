#: status: 2
all: ;
else
