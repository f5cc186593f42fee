#: status: 2
ifeq(a,a)
endif
all: ;
