#: makefile: makefile
#: file: Makefile all: ; @echo Makefile
all: ; @echo makefile
