#: run: -q a nosuch
#: status: 2
#: run: -q a b
#: status: 1
#: run: -q both
#: status: 1
a: ; touch a
b: ; touch b
both: a nosuch
