#: args: -j4
all: ; +@p='$(lastword $(subst fifo:, ,$(filter --jobserver-auth%,$(MAKEFLAGS))))'; exec 3<>"$$p"; dd bs=1 count=3 <&3 2>/dev/null | tee t; cat t >&3; echo
