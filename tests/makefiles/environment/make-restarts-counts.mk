all: ; @echo '[$(MAKE_RESTARTS)]'
include gen.mk
gen.mk: ; @echo 'X = 1' >$@
