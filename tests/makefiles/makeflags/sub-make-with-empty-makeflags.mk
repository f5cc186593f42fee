#: args: -s A=1 B=2
all: ; @$(MAKE) sub MAKEFLAGS= ; $(MAKE) sub MAKEOVERRIDES=
sub: ; @echo "[$$MAKEFLAGS] $(A)"
