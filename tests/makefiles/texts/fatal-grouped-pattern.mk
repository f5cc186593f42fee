%.a %.b &: %.c ; @echo '$@'
x.c: ;
all: x.a
.DEFAULT_GOAL = all
