all: ; @echo '$(strip a , b) $(words a, b, c) $(info x, y)'
