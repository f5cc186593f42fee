#: args: --debug=w --debug=p
all: ; @echo '$(MAKEFLAGS)'
