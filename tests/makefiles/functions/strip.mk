all: ; @echo '[$(strip   a   b	c  )] [$(strip )]'
