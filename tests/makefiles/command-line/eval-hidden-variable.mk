#: args: -E 'A=1 $$x' -E 'B=2'
all: ; @echo '$(value -*-eval-flags-*-)' '$(MAKEFLAGS)'
