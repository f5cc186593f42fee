a = outer
all: ; @echo '$(let a,inner,$(a) $(origin a)) $(a) [$(let b,1,$(b))$(origin b)] [$(let a b,  x   y  z ,$(b))]'
