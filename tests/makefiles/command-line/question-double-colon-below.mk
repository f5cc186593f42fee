#: args: -q
#: status: 1
#: file: y
all: t
t: d ; touch $@
d:: ; touch $@
d:: y ; cat $^
