#: args: -j2 -Oline -w
all: a
a:
	@echo one
	@echo two
