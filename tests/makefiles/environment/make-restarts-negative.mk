#: env: MAKE_RESTARTS=-1
#: args: -w
all: ; @echo '[$(MAKE_RESTARTS)]'
