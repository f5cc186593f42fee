run = env -u MAKELEVEL
end = $(MAKE) inner 2>&1 || :
all:
	@$(run) MAKEFLAGS='$$(error not this way)' MAKELEVEL=2 $(end)
	@$(run) MAKEFLAGS='$$(MAKEFLAGS)' $(end)
	@$(run) MAKEFLAGS='$$(if x' $(end)
	@$(run) MAKEFLAGS='$$(word 0,x)' GNUMAKEFLAGS=-w $(end)
	@$(run) MAKEFLAGS='$$(warning told)$$(NOPE)' GNUMAKEFLAGS='-w --warn-undefined-variables' $(end)
inner: ; @:
