%: V = all
%.o: V = dot-o
a%.o: V = a-dot-o
lib/%.o: V = lib
x ax.o b.o lib/c.o: ; @echo $@ $(V)
all: x ax.o b.o lib/c.o
.DEFAULT_GOAL = all
