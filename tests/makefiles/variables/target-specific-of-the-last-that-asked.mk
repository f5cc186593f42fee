#: file: x
all: x y
x: m
y: m
m: l
x: T = x
y: T = y
all: T = all
l: U = $(T)
l: ; @echo $@ $(T) $(U)
m: ; @echo $@ $(T)
.SECONDARY:
