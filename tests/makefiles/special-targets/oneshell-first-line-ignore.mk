.ONESHELL:
all:
	-@echo a
	exit 3
