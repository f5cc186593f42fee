#: file: b.c
#: file: a.c
#: file: d/x.c
all: ; @echo '$(wildcard *.c d/*.c nope a.c) [$(wildcard *.none)] $(wildcard d/) $(wildcard ./*.c)'
