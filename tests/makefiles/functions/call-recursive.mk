down = $(if $(1),$(words $(1)) $(call down,$(wordlist 2,99,$(1))))
all: ; @echo '$(call down,a b c d)'
