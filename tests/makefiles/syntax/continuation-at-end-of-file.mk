#: makefile: -
#: file: Makefile all: ; @echo '$(X)'\nX = a \\\c
