$(info [$(patsubst x.c,%%,  )] [$(patsubst x.c,%%,  a  x.c  b  )] [$(patsubst x,y,  x   x   xx )])
$(info [$(patsubst \%,d/%.x, a %  b)] [$(patsubst a,\%b%,a b  a)] [$(patsubst ,y,  xx x )] [$(patsubst ,y,)])
all: ; @:
