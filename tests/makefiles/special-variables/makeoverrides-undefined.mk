all: ; @echo '$(origin MAKEOVERRIDES) [$(MAKEOVERRIDES)]'
