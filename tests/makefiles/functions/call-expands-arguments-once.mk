r = $(1)
d = $$x
all: ; @echo '$(call r,$(d))' '$(call r,$$(y))'
