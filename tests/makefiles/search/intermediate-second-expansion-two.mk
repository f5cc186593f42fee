#: status: 2
.SECONDEXPANSION:
all: x.c y.c
%.b: $$(wildcard $$*.h) ; touch $@
%.c: %.b ; touch $@
