#: run: -q a
#: status: 1
#: run: a
#: run: -q a
a: ; touch a
