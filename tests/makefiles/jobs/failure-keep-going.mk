#: args: -j2 -k
#: status: 2
all: a b c d
a: ; @until test -f b.ready; do sleep 0.02; done; exit 3
b: ; @touch b.ready; sleep 0.2; echo b
c: b ; @echo c
d: a ; @echo never
