#: argv0: bin/gmake
#: status: 2
all: ; @$(MAKE) sub
sub: ; @echo '$(MAKE)'; false
