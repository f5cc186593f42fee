X = a\\#b
Y = a\\\#b
all: ; @echo '$(X)' '$(Y)'
