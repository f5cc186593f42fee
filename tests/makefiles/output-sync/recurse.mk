#: args: -j2 -Orecurse
all: a b
a: ; @$(MAKE) sub
b: ; @until test -f s.r; do sleep 0.02; done; echo b; touch b.r
sub: s1 s2
s1: ; @echo s1; touch s.r; until test -f b.r; do sleep 0.02; done; sleep 0.5
s2: s1 ; @echo s2
