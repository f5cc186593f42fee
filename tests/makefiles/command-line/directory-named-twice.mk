#: args: -C a -C b -C a
#: file: a/b/Makefile all: ; @echo $(subst $(abspath ../..)/,,$(CURDIR))
#: file: a/b/a/Makefile all: ; @echo $(subst $(abspath ../../..)/,,$(CURDIR))
