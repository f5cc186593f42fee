ifeq (a,\
a)
$(info yes)
endif
export \
 A B
A = 1
B = 2
all: ; @echo $$A $$B
