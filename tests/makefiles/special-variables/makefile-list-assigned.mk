#: file: x.mk
MAKEFILE_LIST :=
include x.mk
all: ; @echo '[$(MAKEFILE_LIST)]'
