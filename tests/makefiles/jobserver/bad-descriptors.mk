#: env: MAKEFLAGS= -j2 --jobserver-auth=98,99
all: ; @echo ok
