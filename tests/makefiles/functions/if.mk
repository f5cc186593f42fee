all: ; @echo '$(if a,yes,no) $(if ,yes,no) [$(if ,yes)] [$(if  ,yes,no)] $(if a,b,c,d) $(if $(NOPE),$(error never),ok)'
