#: args: -f -
#: stdin: all: ; @echo from stdin [$(MAKEFILE_LIST)]
#: makefile: -
