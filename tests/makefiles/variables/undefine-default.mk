undefine CC
undefine MAKE
all: ; @echo '[$(CC)] [$(MAKE)]'
