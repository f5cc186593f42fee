s := [$(1)]
r = [$(1)]
all: ; @echo '$(call s,a) $(call r,a) $(call r,$(call r,b))'
