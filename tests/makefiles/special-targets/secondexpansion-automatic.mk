.SECONDEXPANSION:
a: $$@.x $$(@F).y ; @echo '$^'
%.x %.y: ; @echo $@
