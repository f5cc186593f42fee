inner = [$(1)$(2)]
outer = $(call inner,x) $(1)$(2)
all: ; @echo '$(call outer,a,b) [$(1)]'
