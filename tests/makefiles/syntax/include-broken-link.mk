#: link: x.mk nowhere
#: status: 2
-include x.mk
include x.mk
all: ; @echo ok
