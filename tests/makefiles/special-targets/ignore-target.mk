#: status: 2
.IGNORE: a
all: a b
a: ; false
	@echo after
b: ; false
