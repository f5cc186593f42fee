#: args: -k V=1
$(info $(shell echo "$$MAKEFLAGS|$$MFLAGS"))
all: ; @echo '$(shell echo "$$MAKEFLAGS")'
