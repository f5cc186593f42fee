.SECONDEXPANSION:
V = $$(W)
W = w
a: $$(V) ; @echo '$^'
%: ; @echo '[$@]'
