#: run: all
#: run: --always-make all
#: run: all
all: b
b: c ; touch b
c: ; touch c
