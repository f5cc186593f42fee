#: args: --ignore-errors all after
all: b
	@echo all
b: ; @exit 7
after: ; @echo after
