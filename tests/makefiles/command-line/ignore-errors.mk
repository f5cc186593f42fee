#: args: -i
all: ; false ; exit 3
	@echo after
