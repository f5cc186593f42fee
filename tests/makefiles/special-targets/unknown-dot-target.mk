.UNKNOWN: a ; @echo $@
a: ; @echo a
all: .UNKNOWN
.DEFAULT_GOAL = all
