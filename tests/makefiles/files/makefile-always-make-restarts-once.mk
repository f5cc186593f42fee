#: args: -B
include x.mk
x.mk: ; @echo remade; echo 'X = $(MAKE_RESTARTS)' >$@
all: ; @echo all '$(X)'
.DEFAULT_GOAL = all
