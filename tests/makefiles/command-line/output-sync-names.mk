#: run: -O
#: run: --output-sync
#: run: -Oline
#: run: -Onone
#: run: --output-sync=recurse
#: run: --output-sync=target
all: ; @echo '[$(MAKEFLAGS)]'
