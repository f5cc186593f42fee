#: run: --debug=basic,none
#: run: --debug=n
#: run: --debug=none
all: ; @echo '$(MAKEFLAGS)'
