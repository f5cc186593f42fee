#: args: -j2
X := make
all: ; @$(X) --no-print-directory sub
sub: a b
a: ; @touch a.r; until test -f b.r; do sleep 0.02; done; echo a
b: ; @touch b.r
