#: status: 2
all:
	@echo never
	$(error in recipe)
