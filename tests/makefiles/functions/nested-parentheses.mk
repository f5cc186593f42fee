all: ; @echo '$(subst a,(x),a) ${subst a,{x},a} $(subst },{,}) ${subst (,[,(} $(or (a,b))'
