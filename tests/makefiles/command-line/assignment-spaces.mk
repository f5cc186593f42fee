#: args: 'A = x y' ' B=z'
all: ; @echo '[$(A)] [$(B)]'
