#: status: 2
ifeq
endif
all: ;
