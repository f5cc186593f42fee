.SECONDEXPANSION:
V = $$w
w = w
a: $$(V) ; @echo '$^'
%: ; @echo '[$@]'
