#: args: V=cmd W=cmd
a: V = t
a: override W = t
a: ; @echo $(V) $(W)
