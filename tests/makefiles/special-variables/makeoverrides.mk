#: args: A=1 'B=x y'
all: ; @echo '$(MAKEOVERRIDES)|$(value MAKEOVERRIDES)|$(origin MAKEOVERRIDES)'
