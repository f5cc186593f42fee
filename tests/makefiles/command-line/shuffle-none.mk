#: run: --shuffle=none
#: run: --shuffle=identity
#: run: --shuffle=42 --shuffle=none
all: a b c
a b c: ; @echo $@ '$(MAKEFLAGS)'
