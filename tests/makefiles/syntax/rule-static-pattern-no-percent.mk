#: status: 2
a.o: x: %.c ; @echo $@
