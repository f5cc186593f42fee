#: file: ab.c
%.o: %.c ; @echo 'general'
a%.o: a%.c ; @echo 'special'
all: ab.o
.DEFAULT_GOAL = all
