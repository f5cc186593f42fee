#: args: SHELL=/bin/bash
#: needs: bash
#: env: SHELL=/bin/false
all: ; @echo '$(SHELL) $(origin SHELL)' "[$$SHELL]" "$${BASH_VERSION:+bash}"
