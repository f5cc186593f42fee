all: ; @echo '[$(patsubst %.c,%.o,  a.c   b.c  )]' '[$(patsubst  %.c , %.o ,a.c)]'
