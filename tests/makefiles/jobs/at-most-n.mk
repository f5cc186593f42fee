#: args: -j2 -s
#: any-order
all: a b c d e
a b c d e: ; mkdir slot.$@; ls | grep -c '^slot' | awk '$$1 > 2 { print "too many" }'; sleep 0.05; rmdir slot.$@; echo $@
