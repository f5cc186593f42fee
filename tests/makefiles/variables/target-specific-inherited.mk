all: V = from all
all: a
	@echo all $(V)
a: b ; @echo a $(V)
b: V += more
b: ; @echo b $(V)
