f = $(if $(word 200,$(1)),,$(eval X := $(words $(1)))$(call f,$(1) x))
$(call f,x)
all: ; @echo $(X)
