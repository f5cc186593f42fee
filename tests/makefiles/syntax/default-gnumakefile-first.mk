#: makefile: GNUmakefile
#: file: makefile all: ; @echo makefile
#: file: Makefile all: ; @echo Makefile
all: ; @echo GNUmakefile
