#: args: -k A=1
all: ; @$(MAKE) --no-print-directory sub -s B=2
sub: ; echo "$$MAKEFLAGS"
