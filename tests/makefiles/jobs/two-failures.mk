#: args: -j2
#: status: 2
all: a b
a: ; @until test -f b.ready; do sleep 0.02; done; sleep 0.1; exit 3
b: ; @touch b.ready; until test -d nope; do sleep 0.3; mkdir nope; done; exit 4
