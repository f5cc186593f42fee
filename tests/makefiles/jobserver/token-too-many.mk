#: args: -j3
all: ; +@p='$(lastword $(subst fifo:, ,$(filter --jobserver-auth%,$(MAKEFLAGS))))'; exec 3<>"$$p"; printf ++ >&3; echo two more
