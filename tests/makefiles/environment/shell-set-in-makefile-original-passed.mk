#: env: SHELL=/bin/false
#: needs: bash
SHELL = /bin/bash
all: ; @echo '$(SHELL)' "$$SHELL"
