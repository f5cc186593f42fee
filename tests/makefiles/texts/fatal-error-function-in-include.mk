#: file: x.mk \n\n$(error in include)
#: status: 2
include x.mk
all: ;
