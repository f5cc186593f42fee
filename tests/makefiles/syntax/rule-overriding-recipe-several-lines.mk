a: b
	@echo one
b: ;
a:
	@echo two
