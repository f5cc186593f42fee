#: env: A=
#: env: B=env
A ?= new
B ?= new
all: ; @echo '[$(A)] [$(B)] $(origin B)'
