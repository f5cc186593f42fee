#: args: --just --sil
all: ; @echo hi
