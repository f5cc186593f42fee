#: args: -f ~/x.mk
#: env: HOME=<dir>/home
#: file: home/x.mk all: ; @echo $(MAKEFILE_LIST)
#: makefile: -
