#: status: 2
ifeq a
endif
all: ;
