#: env: MAKEFLAGS= -- A=x\ y B=p$$q
all: ; @echo '[$(A)] [$(B)] [$(value B)]'
