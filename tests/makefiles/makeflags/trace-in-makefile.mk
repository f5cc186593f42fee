MAKEFLAGS += --trace
all: ; @echo hi
