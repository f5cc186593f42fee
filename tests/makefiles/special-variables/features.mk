all: ; @echo '$(.FEATURES)'
