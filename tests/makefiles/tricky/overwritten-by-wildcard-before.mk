#: file: a.c
SRC := $(wildcard *.c)
all: gen ; @echo '$(SRC) $(wildcard *.c)'
gen: ; @touch b.c
