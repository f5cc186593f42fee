#: args: -n
all: a
	@echo all
	touch b
a:
	@echo a; \
	echo more
