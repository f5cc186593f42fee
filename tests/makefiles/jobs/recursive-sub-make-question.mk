#: args: -q
#: status: 1
all: ; @$(MAKE) --no-print-directory sub
sub: ; touch sub
