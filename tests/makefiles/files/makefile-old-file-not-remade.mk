#: args: -o x.mk
#: file: x.mk X = old
#: file: x.in
include x.mk
x.mk: x.in ; echo 'X = new' >$@
all: ; @echo $(X)
.DEFAULT_GOAL = all
