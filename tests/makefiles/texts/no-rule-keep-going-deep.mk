#: args: -k
#: status: 2
all: x y
x: a
y: a
