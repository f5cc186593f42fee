#: status: 2
ifeq (a,b
endif
all: ;
