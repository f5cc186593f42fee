#: status: 2
X := $(subst ., ,..........)
L := $(subst $(subst ,, ),,$(foreach a,$(X) 1 2 3 4 5 6 7 8 9 0,$(foreach b,1 2 3 4 5 6 7 8 9 0,abcdefghijklmnopqrstuvwxyz)))
%.b: %.a ; @echo $(words $@)
$(L)$(L)$(L)$(L).a: ;
all: $(L)$(L)$(L)$(L).b ; @echo ok
.DEFAULT_GOAL = all
