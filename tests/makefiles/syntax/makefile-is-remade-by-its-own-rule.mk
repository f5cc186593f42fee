Makefile: Makefile.in ; @echo never
Makefile.in: ;
all: ; @echo all
.DEFAULT_GOAL = all
