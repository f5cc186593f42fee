export = 3
all: ; @echo '$(export)'
