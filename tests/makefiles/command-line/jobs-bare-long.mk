#: args: --jobs all
all: ; @echo '$(MAKEFLAGS)'
