E :=
all: ; @echo '$(subst ee,EE,feet on the street) $(subst a,,banana) [$(subst ,x,abc)] [$(subst $(E) ,-,a b c)] $(subst aa,b,aaaaa)'
