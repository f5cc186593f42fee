#: args: -j2 -Onone -w
all: a
a:
	@echo one
	@echo two
