#: args: A=1 B=2 A=3
all: ; @echo "$$MAKEFLAGS" '$(A)'
