#: env: SHELL=/bin/false
export SHELL
all: ; @echo '$(SHELL)' "$$SHELL"
