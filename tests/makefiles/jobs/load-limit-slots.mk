#: args: -j2 -l 0.00001
# What is put off keeps its slot: the third job waits for one, and the one put off goes first.
all: a b c d
a b c d: ; $(info for $@)@sleep .3; echo $@
