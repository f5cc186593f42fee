#: needs: bash
SHELL = /bin/bash
all: ; @echo $${BASH_VERSION:+bash} $$0
