#: run: -l .5
#: run: -l ./goal
#: run: --max-load 1x
#: run: --load-average 0x10
#: run: -l .
#: run: -l goal
#: run: -l ''
all: ; @echo all '[$(MAKEFLAGS)]'
goal: ; @echo goal '[$(MAKEFLAGS)]'
