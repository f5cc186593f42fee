#: args: -s
#: file: sub/Makefile all: ; @echo sub
all: ; $(MAKE) -C sub; $(MAKE) -w -C sub
