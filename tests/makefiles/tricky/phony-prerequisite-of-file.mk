#: file: lib
.PHONY: FORCE
lib: FORCE ; @echo check lib
prog: lib ; @echo prog
all: prog
.DEFAULT_GOAL = all
