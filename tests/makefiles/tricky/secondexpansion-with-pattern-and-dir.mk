#: file: d/x.c
#: args: CC=echo
.SECONDEXPANSION:
OBJ = o
all: d/x.$(OBJ)
%.o: $$(wildcard $$*.c) | $$(@D)/.dir ; @echo '$@ $^ | $|'
%/.dir: ; @echo 'dir $@'
