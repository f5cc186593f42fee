#: status: 2
.ONESHELL:
all:
	@echo a
	false
	exit 3
