all: ; @echo '$(addsuffix .c,a  b) $(addprefix src/,a b) [$(addsuffix .c,)] $(addprefix x y,a)'
