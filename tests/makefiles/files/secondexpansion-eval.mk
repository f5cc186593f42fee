.SECONDEXPANSION:
a: $$(eval X = 1) b ; @echo '$(X)'
b: ; @echo 'b $(X)'
