.ONESHELL:
all:
	@echo a
	-@false
	+echo b
