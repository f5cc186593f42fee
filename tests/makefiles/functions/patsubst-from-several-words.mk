$(info [$(patsubst a b,X,z a b c)] [$(patsubst a b,X,  z   a b   c )] [$(patsubst a b,X,za b c a b)] [$(patsubst a,X,  z   a   c )] [$(patsubst a b,%%,a b %)] [$(patsubst a,%%,a b %)] [$(patsubst a\%,%\%,a% b)] [$(patsubst ,X,a  b)] [$(patsubst a b,X,a b a b)] [$(patsubst a a,X,a a a a a)] [$(patsubst a  b,X,a  b a b)] [$(patsubst a %,X,a b  c)] [$(patsubst  a,X,b a )])
$(info [$(patsubst a a,X,ba a a)] [$(patsubst aa,X,aaa aa)] [$(patsubst a a,X,a ab a a)] [$(patsubst aba,X,ababa aba)] [$(patsubst ,X,)] [$(patsubst ,X,a )] [$(patsubst ,X, a)])
all:;@:
