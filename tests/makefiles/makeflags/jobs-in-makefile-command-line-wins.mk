#: args: -j2
MAKEFLAGS += -j5
all: ; @echo '$(filter -j%,$(MAKEFLAGS))'
