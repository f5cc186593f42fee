#: env: MAKEFILES=pre.mk nowhere.mk two.mk
#: file: pre.mk pre: ; @echo pre\nX = 1
#: file: two.mk X += 2
all: ; @echo '$(X) [$(MAKEFILE_LIST)] $(.DEFAULT_GOAL)'
