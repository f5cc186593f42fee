#: args: -j2 -O
#: status: 2
#: merged
all: a b
a: ; @echo a out; echo a err >&2; touch a.r; until test -f b.r; do sleep 0.02; done; sleep 0.5; exit 3
b: ; @until test -f a.r; do sleep 0.02; done; echo b out; echo b err >&2; touch b.r
