#: env: MAKEFLAGS= -j2 --jobserver-auth=junk
all: ; @echo ok
