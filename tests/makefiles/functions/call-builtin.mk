all: ; @echo '$(call subst,a,b,aaa) $(call or,,x) $(call if,,a,b) $(call foreach,x,1 2,$$x)'
