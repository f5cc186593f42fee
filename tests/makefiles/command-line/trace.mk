#: args: --trace
#: file: c x
all: a b
	@echo all
a: c
	@echo a
	touch a
b: ; @:
.PHONY: all
