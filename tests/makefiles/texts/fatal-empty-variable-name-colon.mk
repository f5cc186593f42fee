#: status: 2
:= 1
all: ;
