Makefile:: ; @echo never
all: ; @echo all
.DEFAULT_GOAL = all
