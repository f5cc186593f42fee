C := ,
all: ; @echo '$(subst $(C), ,a,b,c) $(subst x,a,b,xx)'
