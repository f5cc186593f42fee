#: env: MAKEFLAGS= -j2 --jobserver-fds=98,99
all: ; @echo ok
