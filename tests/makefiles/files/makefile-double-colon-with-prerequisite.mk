#: file: in
x.mk:: in ; @echo remaking; cp in x.mk
include x.mk
all: ; @echo all
.DEFAULT_GOAL = all
