all: ; @echo '$(let a b,1 2,$(b)$(a)) $(let a b,1 2 3 4,[$(a)][$(b)]) $(let a b c,1,[$(a)][$(b)][$(c)]) $(let ,x,ok)'
