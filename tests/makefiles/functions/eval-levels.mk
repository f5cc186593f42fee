define D
V = $(1)
W := $$(V)$(2)
endef
$(eval $(call D,a,b))
$(eval $(value E))
all: ; @echo '$(V) $(W)'
