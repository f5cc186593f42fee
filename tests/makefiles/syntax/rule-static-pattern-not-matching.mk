a.o b.x: %.o: %.c ; @echo $@
a.c: ;
