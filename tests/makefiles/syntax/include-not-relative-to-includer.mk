#: file: sub/x.mk include y.mk
#: file: sub/y.mk $(info never)
#: status: 2
include sub/x.mk
all: ;
