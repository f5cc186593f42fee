#: run: -l 2.5
#: run: --load-average=3
#: run: --max-load 4
#: run: -l2.5 -l
#: run: --load-average
all: ; @echo '[$(MAKEFLAGS)]'
