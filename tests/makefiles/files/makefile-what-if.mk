#: args: -W x.in
#: file: x.in
#: file: x.mk X = old
include x.mk
x.mk: x.in ; echo 'X = new' >$@
all: ; @echo $(X)
.DEFAULT_GOAL = all
