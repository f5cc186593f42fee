#: file: sub/
#: args: MAKEFLAGS=-C\ sub
all: ; @echo '$(MAKEFLAGS)'
