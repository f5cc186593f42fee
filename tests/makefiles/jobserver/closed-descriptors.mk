#: env: MAKEFLAGS= -j2 --jobserver-auth=-2,-2
all: ; @echo ok '$(MAKEFLAGS)'
