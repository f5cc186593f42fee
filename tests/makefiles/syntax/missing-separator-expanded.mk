#: status: 2
X = foo
all: ;
$(X)
