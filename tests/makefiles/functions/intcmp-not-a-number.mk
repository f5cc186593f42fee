#: status: 2
X := $(intcmp a,1)
all: ;
