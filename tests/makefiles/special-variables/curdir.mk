#: file: sub/
all: ; @echo '$(CURDIR)' '$(origin CURDIR) $(flavor CURDIR)'; $(MAKE) -C sub -f ../Makefile sub
sub: ; @echo '$(CURDIR)'
