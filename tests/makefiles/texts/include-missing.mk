#: status: 2
include a.mk
all: ;
