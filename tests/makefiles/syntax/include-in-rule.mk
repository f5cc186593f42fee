#: file: x.mk a: ; @echo a
#: status: 2
all: a
include x.mk
	@echo not mine
