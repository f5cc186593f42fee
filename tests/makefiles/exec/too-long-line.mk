#: differs: a recipe line of more than 128 KiB runs, as with Debian's make; GNU's says "Argument list too long"
L := $(shell seq 1 30000)
all: ; @echo 'long line of $(words $(L))'; : $(L);
