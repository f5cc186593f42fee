V = g
all: V += all
all: a
a: V += a
a: b
b: V += b
b: ; @echo '$(V)'
