MAKEFLAGS += V=1
all: ; @echo '[$(V)] $(origin V) [$(MAKEFLAGS)]'; $(MAKE) --no-print-directory sub
sub: ; @echo '[$(V)] $(origin V)'
