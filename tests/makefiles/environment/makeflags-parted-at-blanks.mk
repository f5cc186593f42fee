all: ; @ \
	printf '%s\n' '$$(foreach v,MAKEFLAGS x y,$$(info [$$($$v)]))' 'all: ; @:' > inner.mk; \
	for flags in 'x=a|b' '|k' 'k|y=2' '-k x=a	y=b' '-I.|x'; do \
	  env -u MAKELEVEL MAKEFLAGS="$$(printf %s "$$flags" | tr '|' '\n')" $(MAKE) -f inner.mk; \
	done; rm inner.mk
