#: args: -ksn
all: ; echo '$(MAKEFLAGS)'
