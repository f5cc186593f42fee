MAKEFLAGS += --shuffle=reverse
all: a b
a b: ; @echo $@
