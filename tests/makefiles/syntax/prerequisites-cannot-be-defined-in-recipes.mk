#: status: 2
all:
	$(eval b: c)
	@echo hi
