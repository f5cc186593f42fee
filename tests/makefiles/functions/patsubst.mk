all: ; @echo '$(patsubst %.c,%.o,x.c.c bar.c y.h) $(patsubst %,lib%,a b) $(patsubst a%b,[%],ab axb ab%) $(patsubst a,b,a aa)'
