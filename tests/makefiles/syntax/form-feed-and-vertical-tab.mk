#: makefile: -
#: file: Makefile X\x0c=\x0b1\n\x0cY = 2\nall:\x0c; @echo '$(X)$(Y)'
