#: file: a.c
#: status: 2
MAKEFLAGS += -r
all: a.o
	@echo [$(SUFFIXES)]
