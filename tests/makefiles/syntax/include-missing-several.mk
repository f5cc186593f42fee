#: status: 2
include nope1.mk nope2.mk
include nope3.mk
all: ; @echo ok
