#: args: -j3
all: ; +@p='$(lastword $(subst fifo:, ,$(filter --jobserver-auth%,$(MAKEFLAGS))))'; test -p "$$p" && echo a fifo
