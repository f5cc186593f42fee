#: run: a
#: do: rm b
#: run: a
#: run: b
a b &: ; touch a b
