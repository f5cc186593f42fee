#: args: -j4 -l 0.00001 -s
#: any-order
# A limit below any load: what starts beside the first job depends on the machine, that all is done does not.
all: a b c
a b c: ; echo $@
