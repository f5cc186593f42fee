#: env: MAKELEVEL=3
#: status: 2
all: ; @echo $(MAKELEVEL) $(origin MAKELEVEL) $$MAKELEVEL; exit 1
