#: args: -j3
all: a b c
a: ; @touch a.r; until test -f b.r && test -f c.r; do sleep 0.02; done; echo a; touch a.done
b: ; @touch b.r; until test -f a.done; do sleep 0.02; done; echo b; touch b.done
c: ; @touch c.r; until test -f b.done; do sleep 0.02; done; echo c
