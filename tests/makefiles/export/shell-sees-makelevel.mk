all: ; @echo '$(shell echo $$MAKELEVEL)' $$MAKELEVEL
X := $(shell echo $$MAKELEVEL)
$(info $(X))
