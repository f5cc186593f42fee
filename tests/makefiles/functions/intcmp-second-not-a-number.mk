#: status: 2
X := $(intcmp 1,b)
all: ;
