#: file: d/x.c
.SECONDEXPANSION:
OBJ = o
all: d/x.$(OBJ)
%.o: $$(wildcard $$*.c) | $$(@D)/.dir ; @echo '$@ $^ | $|'
%/.dir: ; @echo 'dir $@'
