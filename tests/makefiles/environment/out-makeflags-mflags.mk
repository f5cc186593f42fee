#: args: -k -I inc X=1 --no-print-directory
all: ; @echo "[$$MAKEFLAGS] [$$MFLAGS]" '[$(MFLAGS)]'
