#: args: b V=1 -s
include x.mk
x.mk: ; echo 'W = $(V)' >$@
a: ; echo a
b: ; echo 'b $(V) $(W)'
