#: args: -j 3 all
all: ; @echo '$(filter -j%,$(MAKEFLAGS))'
