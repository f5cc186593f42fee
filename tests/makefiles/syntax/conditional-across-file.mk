#: file: x.mk ifdef CC
#: status: 2
include x.mk
endif
all: ;
