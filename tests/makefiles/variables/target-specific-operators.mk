V = g
X = x
a: V := $(X)1
b: V ?= never
c: V += more
d: V != echo s
e: V ::= $(X)2
f: V :::= $(X)3
a b c d e f: ; @echo $@ '$(V)' $(flavor V)
all: a b c d e f
X = y
.DEFAULT_GOAL = all
