#: file: sub/x.mk X = 1
-include nowhere.mk
include sub/x.mk
all: ; @echo '[$(MAKEFILE_LIST)]'
