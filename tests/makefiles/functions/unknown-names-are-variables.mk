#: status: 2
nofunc a = v
all: ; @echo '[$(nofunc x)] [$(substx a,b,c)] [$(subst)] [$(wildcard)]'
