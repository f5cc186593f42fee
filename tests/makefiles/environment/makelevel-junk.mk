#: env: MAKELEVEL=x
all: ; @echo '$(MAKELEVEL)' $$MAKELEVEL
