#: status: 2
X := $(word 0,a b)
all: ;
