#: status: 2
X := $(word -1,a b)
all: ;
