#: env: SHELL=/bin/false
all: ; @echo '$(SHELL) $(origin SHELL)' "$$SHELL"
