#: file: sub/Makefile all: ; @echo sub
all: ; @$(MAKE) -C sub
