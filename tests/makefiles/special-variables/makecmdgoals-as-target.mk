#: args: x y
$(sort all $(MAKECMDGOALS)): real
	@:
real: ; @echo for '$(MAKECMDGOALS)'
