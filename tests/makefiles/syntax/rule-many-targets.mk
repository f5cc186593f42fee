a b: c ; @echo $@ $<
c: ;
all: a b
.DEFAULT_GOAL = all
