#: status: 2
X := $(word 99999999999999999999,a b)
all: ;
