#: args: -j
all: a b c d e
a: ; @until test -f e.done; do sleep 0.02; done; echo a
b: ; @until test -f a.r -o -f e.done; do sleep 0.02; done
c d: ; @:
e: ; @touch e.done
