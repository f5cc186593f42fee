#: needs: bash
SHELL = /bin/bash
X := $(shell echo $${BASH_VERSION:+bash})
all: ; @echo $(X)
