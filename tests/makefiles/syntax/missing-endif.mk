#: status: 2
ifdef CC
all: ;
