#: status: 2
all:
	@echo fine
	@echo $(subst a,b
