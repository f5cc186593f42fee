#: makefile: -
#: file: Makefile \xef\xbb\xbfall: ; @echo bom\n
all: ;
