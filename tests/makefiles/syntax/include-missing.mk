#: status: 2
include nope.mk
all: ; @echo ok
