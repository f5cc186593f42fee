#: status: 2
X := $(subst (,[,(a)
all: ;
