#: file: d/x.c
#: file: d/x.h
#: file: d/x.x1
.SECONDEXPANSION:
%.o: %.c $$*.h $$(wildcard $$*.x*) ; @echo '$@: $^'
d/x.o:
