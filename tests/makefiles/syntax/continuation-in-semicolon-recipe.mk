all: ; @echo a \
b
