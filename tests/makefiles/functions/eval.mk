define R
$(1): ; @echo 'made $$@ $(1)'
endef
$(foreach t,a b,$(eval $(call R,$(t))))
all: a b
.DEFAULT_GOAL = all
