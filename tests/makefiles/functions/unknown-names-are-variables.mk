all: ; @echo '[$(nofunc x)] [$(substx a,b,c)] [$(subst)] [$(wildcard)]'
