#: status: 2
.ONESHELL:
.SHELLFLAGS = -ec
all:
	@echo a
	false
	echo never
