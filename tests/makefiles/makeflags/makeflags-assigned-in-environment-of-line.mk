#: args: -k A=1
all: ; @MAKEFLAGS= $(MAKE) --no-print-directory sub
sub: ; @echo "[$$MAKEFLAGS] $(A) $(origin A)"
