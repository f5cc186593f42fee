.IGNORE:
all: ; echo "$$MAKEFLAGS"; false
