#: status: 2
X := $(word ,a b)
all: ;
