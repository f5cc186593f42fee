#: file: clean
#: file: a
.PHONY: clean
clean: ; @echo clean
a: clean ; @echo 'a $?'
all: a
.DEFAULT_GOAL = all
