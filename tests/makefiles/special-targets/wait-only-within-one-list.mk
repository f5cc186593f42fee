#: args: -j3
x: a .WAIT b
y: b a
all: y x
a: ; @until test -f b.ready; do sleep 0.02; done; echo a
b: ; @echo b; touch b.ready
.DEFAULT_GOAL = all
