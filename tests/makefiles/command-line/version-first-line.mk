#: needs: x86_64
all: ; @$(MAKE) --version /cannot/make/this | sed -n 1,2p
