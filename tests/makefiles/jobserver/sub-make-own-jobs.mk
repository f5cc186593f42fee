#: args: -j2
all: ; @$(MAKE) --no-print-directory -j3 sub
sub: ; @:
