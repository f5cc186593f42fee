#: args: --shuffle=reverse a b c
a b c: ; @echo $@
