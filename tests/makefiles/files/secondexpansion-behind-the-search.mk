#: run: -r x l
#: do: touch l
#: run: -r
.SECONDEXPANSION:
all: x y
x: T = x
y: T = y
x y: l ; @echo $@
l: $$(info second $$(T)) ; @echo $@ $(T)
.SECONDARY:
