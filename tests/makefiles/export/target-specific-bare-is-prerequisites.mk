#: status: 2
t: export V
	@echo t from $^
export V: ; @echo pre $@
