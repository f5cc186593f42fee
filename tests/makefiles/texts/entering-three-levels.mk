#: file: a/Makefile all: ; @$(MAKE) -C b
#: file: a/b/Makefile all: ; @echo deep; exit 5
#: status: 2
all: ; $(MAKE) -C a
