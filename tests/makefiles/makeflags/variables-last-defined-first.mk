#: args: A=1 B=2
all: ; @echo "$$MAKEFLAGS"
