#: needs: x86_64
all: ; @echo '$(MAKE_VERSION) $(MAKE_HOST) $(origin MAKE_HOST)'
