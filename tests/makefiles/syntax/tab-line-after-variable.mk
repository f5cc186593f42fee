#: status: 2
all: ; @echo all
X = 1
	@echo still recipe?
