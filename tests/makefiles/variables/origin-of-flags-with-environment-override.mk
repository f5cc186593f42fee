#: args: -e
all: ; @echo '$(origin MFLAGS), $(origin MAKEFLAGS)'
