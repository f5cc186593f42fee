#: file: x.c
.PHONY: x
x:
all: x ; @echo all
.DEFAULT_GOAL = all
