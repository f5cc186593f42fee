#: status: 2
X := $(word a,a b)
all: ;
