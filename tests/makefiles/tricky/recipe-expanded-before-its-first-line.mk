all:
	@touch made
	@echo '[$(wildcard made)] [$(shell ls made 2>/dev/null)]'
	$(info first)
