all: ; @echo '$(if a,$(info then),$(info else)) $(or a,$(info or)) $(and ,$(info and)) $(foreach x,,$(info foreach)) $(intcmp 1,2,$(info lt),$(info ge))'
