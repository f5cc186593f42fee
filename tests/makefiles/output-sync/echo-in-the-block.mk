#: args: -j2 -O
all: a b
a: ; touch a.r; until test -f b.r; do sleep 0.02; done; sleep 0.5
b: ; until test -f a.r; do sleep 0.02; done; touch b.r
