define R
$(1): V = $(1)-value
$(1): ; @echo $$(V)
endef
$(eval $(call R,a))
$(eval $(call R,b))
all: a b
