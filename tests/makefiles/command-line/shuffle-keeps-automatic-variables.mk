#: args: --shuffle=reverse
all: a b c ; @echo '$^ $<'
a b c: ; @echo $@
