MAKEFLAGS += -n
all: ; echo hi
