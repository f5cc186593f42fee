#: file: lib/foo.c
%.o: %.c ; @echo '$@ $< $* $(*D) $(*F)'
lib/foo.o:
