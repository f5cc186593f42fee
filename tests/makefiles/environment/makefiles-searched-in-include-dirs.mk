#: env: MAKEFILES=pre.mk
#: args: -I inc
#: file: inc/pre.mk X = 1
all: ; @echo '[$(X)] [$(MAKEFILE_LIST)]'
