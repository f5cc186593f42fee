a:b
	@echo $@
b:
	@echo $@
