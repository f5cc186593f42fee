all: p.o d/q.o
p.o: t% : ; @echo "[$*]"
d/q.o: t% : ; @echo "[$*]"
