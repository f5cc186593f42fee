#: args: -j2 -Onone
all: a b
a: ; @echo a1; touch a.r; until test -f b.r; do sleep 0.02; done; echo a2
b: ; @until test -f a.r; do sleep 0.02; done; echo b1; touch b.r
