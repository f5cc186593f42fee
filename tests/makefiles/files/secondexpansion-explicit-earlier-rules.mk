#: status: 2
.SECONDEXPANSION:
a: b
a: c $$<.1 ; @echo '$^'
a: $$(^:%=%.2) $$+
%: ; @echo 'make $@'
