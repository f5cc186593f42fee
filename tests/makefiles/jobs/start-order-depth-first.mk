#: args: -j2 -s
all: a b
a: a1 a2 ; echo a
b: ; echo b; touch b.ready
a1: ; until test -f b.ready; do sleep 0.02; done; echo a1
a2: ; echo a2; touch a2.ready
