#: file: x.mk A = 1\nfoo bar\n
#: status: 2
include x.mk
all: ;
