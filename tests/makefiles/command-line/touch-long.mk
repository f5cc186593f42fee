#: run: --touch x
#: run: x
#: run: -t x
x: ; echo hi >x
