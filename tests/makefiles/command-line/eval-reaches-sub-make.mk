#: args: --eval=FOO=bar
all: ; @$(MAKE) --no-print-directory sub; echo '$(MAKEFLAGS)'
sub: ; @echo $(FOO) $(origin FOO)
