#: args: -j3
#: status: 2
all: ; +@ls <tmp> >/dev/null 2>&1; p='$(lastword $(subst fifo:, ,$(filter --jobserver-auth%,$(MAKEFLAGS))))'; test -p "$$p" && echo a fifo
