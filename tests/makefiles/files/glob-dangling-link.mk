#: link: l nowhere
all: ; @echo '[$(wildcard l)] [$(wildcard l*)]'
