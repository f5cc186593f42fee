#: args: -R
all: ; @echo '[$(SUFFIXES)] [$(CC)] [$(RM)] [$(COMPILE.c)] [$(MAKEFLAGS)]'
