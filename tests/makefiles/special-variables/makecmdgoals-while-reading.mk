#: args: b a
ifneq (,$(filter a,$(MAKECMDGOALS)))
$(info a is wanted)
endif
a b: ; @echo $@
