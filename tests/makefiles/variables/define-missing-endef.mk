#: status: 2
all: ;
define X
v
