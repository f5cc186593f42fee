#: args: -j2 -O
all: a b
a: ; @echo a1; touch a.r; until test -f b.r; do sleep 0.02; done; sleep 0.5; echo a2
b: ; @echo b1; until test -f a.r; do sleep 0.02; done; echo b2; touch b.r
