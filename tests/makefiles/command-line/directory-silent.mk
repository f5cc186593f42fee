#: run: -s -C sub
#: run: -s -w -C sub
#: run: -C sub --no-print-directory
#: file: sub/Makefile all: ; @echo hi
