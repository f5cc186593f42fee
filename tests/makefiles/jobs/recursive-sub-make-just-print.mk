#: args: -n
all: ; $(MAKE) --no-print-directory sub
sub: ; echo would
