all:
	$(eval X = 1)
	@echo $(X)
