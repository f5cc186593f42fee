Makefile: Makefile.in ; @echo never
Makefile.in: ;
all: ; @echo all
