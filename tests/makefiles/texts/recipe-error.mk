#: merged
#: status: 2
all:
	@echo before
	exit 3
