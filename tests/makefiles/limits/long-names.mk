L := $(subst $(subst ,, ),,$(foreach a,1 2 3 4 5 6 7 8 9 0,abcdefghijklmnopqrstuvwxyz))
%.b: %.a ; @echo $(words $@)
$(L).a: ;
.PHONY: $(L).a
all: $(L).b ; @echo ok
.DEFAULT_GOAL = all
