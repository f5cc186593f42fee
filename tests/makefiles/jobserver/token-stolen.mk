#: args: -j3
all: ; +@p='$(lastword $(subst fifo:, ,$(filter --jobserver-auth%,$(MAKEFLAGS))))'; exec 3<>"$$p"; dd bs=1 count=1 <&3 >/dev/null 2>&1; echo one gone
