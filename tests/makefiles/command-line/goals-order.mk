#: args: c a b a
a b c: ; @echo $@
