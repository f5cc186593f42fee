#: status: 2
X := $(subst a,b
all: ;
