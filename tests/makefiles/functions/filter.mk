all: ; @echo '$(filter %.c %.s,foo.c bar.c baz.s ugh.h) [$(filter a b,b a c b)] [$(filter %,a  b)] [$(filter ,a)]'
