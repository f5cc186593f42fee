all: V = 1
all: ; @$(MAKE) --no-print-directory sub
sub: ; @echo '[$(V)]'
