#: args: A=1
MAKEOVERRIDES =
all: ; @echo "[$$MAKEFLAGS]"; $(MAKE) --no-print-directory sub
sub: ; @echo '$(A) $(origin A)'
