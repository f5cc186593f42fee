#: args: -j2
#: status: 2
all: a b c
a: ; @until test -f b.ready; do sleep 0.02; done; exit 3
b: ; @touch b.ready; sleep 0.6; echo b done
c: ; @echo never
