#: args: --no-print-directory
#: file: sub/Makefile all: ; @echo sub
all: ; @$(MAKE) -C sub
