#: makefile: -
#: file: Makefile A = 1\0 junk\nB = 2\nall: ; @echo '$(A)' '$(B)'
