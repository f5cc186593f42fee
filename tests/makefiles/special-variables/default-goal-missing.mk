#: status: 2
.DEFAULT_GOAL = nope
a: ; @echo a
