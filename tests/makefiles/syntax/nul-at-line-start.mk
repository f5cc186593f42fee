#: makefile: -
#: file: Makefile A = 1\n\0 junk\nall: ; @echo $(A)
