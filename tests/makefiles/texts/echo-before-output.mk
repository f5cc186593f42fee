#: merged
all:
	echo out
	echo err >&2
	@echo quiet
