#: run: -C sub
#: run: -C sub -q
#: run: -C sub -s
#: file: sub/Makefile all:
#: file: sub/all
#: makefile: -
