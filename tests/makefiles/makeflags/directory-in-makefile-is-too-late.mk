#: file: sub/
MAKEFLAGS += -C sub
all: ; @echo '$(MAKEFLAGS)'
