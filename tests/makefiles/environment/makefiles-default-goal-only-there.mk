#: env: MAKEFILES=pre.mk
#: file: pre.mk pre: ; @echo pre
#: makefile: -
#: status: 2
