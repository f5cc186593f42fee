#: args: -t
#: file: c x
#: tree: a b -p
all: a b p d
a: c ; echo a
b: ; echo b
p: ; echo p
d: c
.PHONY: p all
