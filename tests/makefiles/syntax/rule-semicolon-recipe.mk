a: b ; @echo one; echo two
	@echo three
b:;@echo b
