#: file: x.mk $(info reading)
#: file: in
include x.mk
x.mk: in ; @echo 'did not change it'
all: ; @echo all
.DEFAULT_GOAL = all
