#: file: d/
#: status: 2
include d
all: ;
