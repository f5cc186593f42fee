#: args: a b
.PHONY: a b
a:
b: ;
