#: args: -j2
#: stdin: line1\nline2
all: a b
a: ; @read x; echo "a got $$x"; touch a.r; until test -f b.r; do sleep 0.02; done
b: ; @until test -f a.r; do sleep 0.02; done; read x; echo "b got [$$x]"; touch b.r
