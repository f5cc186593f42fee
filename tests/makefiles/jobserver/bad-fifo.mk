#: env: MAKEFLAGS= -j2 --jobserver-auth=fifo:/nowhere/fifo
all: ; @echo ok
