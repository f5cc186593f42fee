#: args: 'A=$(X) y\z'
X = x
all: ; @echo "$$MAKEFLAGS"; echo '$(A)'; $(MAKE) --no-print-directory sub
sub: ; @echo '$(A)'
