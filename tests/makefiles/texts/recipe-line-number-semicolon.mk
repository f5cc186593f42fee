#: status: 2
all: ; @echo one
	@exit 2
