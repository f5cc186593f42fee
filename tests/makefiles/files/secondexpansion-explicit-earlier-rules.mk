.SECONDEXPANSION:
a: b
a: c $$<.1 ; @echo '$^'
a: $$(addsuffix .2,$$^) $$+
%: ; @echo 'make $@'
