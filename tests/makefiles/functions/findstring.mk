all: ; @echo '[$(findstring a,a b c)] [$(findstring x,a b)] [$(findstring b c,a b c)] [$(findstring ,abc)]'
