#: args: -C a --directory=b -Cc
#: file: a/b/c/Makefile all: ; @echo $(subst $(abspath ../../..)/,,$(CURDIR))
