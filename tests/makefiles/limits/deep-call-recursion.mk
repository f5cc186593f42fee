f = $(if $(word 500,$(1)),$(words $(1)),$(call f,$(1) x))
all: ; @echo $(call f,x)
