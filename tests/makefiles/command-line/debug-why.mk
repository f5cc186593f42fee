#: args: --debug=why
#: file: c x
all: a
a: c ; @echo a
c: ; @echo c
