#: status: 2
%.o: %.x: %.c ; @echo $@
a.x: a.c ; @echo $@
