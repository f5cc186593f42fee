#: args: --eval='$(info one)' -E '$(info two)' -E '$(info one)'
all: ; @echo done
