#: args: ./a .//b
$(info $(MAKECMDGOALS))
a b: ; @echo $@
