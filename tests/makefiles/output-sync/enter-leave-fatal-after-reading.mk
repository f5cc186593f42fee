#: run: -w -O
#: status: 2
#: run: -w -O -j2
#: status: 2
#: merged
$(info reading)
.NOTINTERMEDIATE: x
.SECONDARY: x
a: ; @echo a
