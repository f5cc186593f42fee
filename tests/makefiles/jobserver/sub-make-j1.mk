#: args: -j2
all: ; @$(MAKE) --no-print-directory -j1 sub
sub: ; @echo '$(MAKEFLAGS)'
