#: args: -j all
all: ; @echo '$(MAKEFLAGS)'
