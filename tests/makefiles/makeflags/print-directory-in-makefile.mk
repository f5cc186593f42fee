MAKEFLAGS += -w
all: ; @echo hi
