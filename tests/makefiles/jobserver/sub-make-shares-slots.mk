#: args: -j2 -s
all: ; $(MAKE) --no-print-directory sub
sub: a b
a: ; touch a.r; until test -f b.r; do sleep 0.02; done; echo a
b: ; touch b.r
