#: args: A=1
all: ; @$(MAKE) --no-print-directory sub A=2
sub: ; @echo '$(A)' "$$MAKEFLAGS"
