.SECONDEXPANSION:
x.o y.o: %.o: %.c $$*.h $$(@:.o=.d) ; @echo '$@: $^'
%.c %.h %.d: ; @:
all: x.o y.o ; @:
.DEFAULT_GOAL = all
