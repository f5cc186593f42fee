#: args: -j3 --jobserver-style=pipe
all: a b
a: ; @echo "$$MAKEFLAGS" | sed 's/=[0-9][0-9]*,[0-9]*/=R,W/'
b: ; @echo "$$MAKEFLAGS" | sed 's/=[0-9][0-9]*,[0-9]*/=R,W/' $(if ,$(MAKE))
.NOTPARALLEL:
