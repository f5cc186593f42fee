all: ; @echo '[$(word 2,a b c)] [$(word 4,a b c)] [$(word 1,)] [$(word  3 ,a b c)]'
