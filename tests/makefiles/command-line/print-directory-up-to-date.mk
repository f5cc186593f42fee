#: run: -w -s all
#: run: -w all
#: run: -w -q all
#: file: all x
all: ; @echo hi
