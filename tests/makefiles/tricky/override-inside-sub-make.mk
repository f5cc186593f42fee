#: args: V=cmd
all: ; @$(MAKE) --no-print-directory sub V=sub
sub: ; @$(MAKE) --no-print-directory subsub; echo '$(V)'
subsub: ; @echo '$(V)' "$$MAKEFLAGS"
