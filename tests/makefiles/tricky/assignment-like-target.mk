#: status: 2
a=b: c
	@echo never
all: ; @echo '$(a)'
