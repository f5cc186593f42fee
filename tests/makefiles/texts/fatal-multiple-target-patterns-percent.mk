#: status: 2
a.x: %.x %.z: %.y
all: ;
