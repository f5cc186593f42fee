lib/a.o: %.o: src/%.c ; @echo '$@ $< $*'
src/lib/a.c: ;
