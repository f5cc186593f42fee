#: args: -j4 -l 0.00001
# A limit below any load: beside a running job none is started; those put off start last in, first out.
all: a b c d
a b c d: ; $(info for $@)@sleep .3; echo $@
